"""Lists that the program needs at run time and that were looked up, not computed: each line says where and when."""
