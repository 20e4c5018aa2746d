"""What the pages are made of: text made visible, differences, badges, bars."""
