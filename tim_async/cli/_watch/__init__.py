"""The web page that shows a running campaign, and steers it."""
