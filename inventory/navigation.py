"""Where the pages of goods and stock stand in the navigation."""
