"""Every sentence a person reads, in English and Japanese; number formats and colours."""
