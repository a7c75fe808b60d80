"""Menus, sidebar, home page sections and footer as trees of blocks."""
