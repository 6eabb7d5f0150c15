"""What makes pages from the code: endpoints, elements, error codes; and the commands that build the site."""
