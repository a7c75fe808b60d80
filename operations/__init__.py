"""What keeps a site running: which workers live, which jobs fail, maintenance mode, and what logs may contain."""
