"""What a bridge can drive: the virtual host, and room for others."""
