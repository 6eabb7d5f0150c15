"""The page that shows a campaign while it runs, and steers it."""
