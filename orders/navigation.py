"""Where the pages of selling stand in the navigation."""
