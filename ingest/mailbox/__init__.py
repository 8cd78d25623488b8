"""Where report mail comes from: IMAP, and files on disk, behind one port."""
