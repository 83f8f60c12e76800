"""Generated surfaces for tablets and phones: one model of pages and widgets, and a writer for each app."""
