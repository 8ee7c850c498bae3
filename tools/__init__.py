"What makes and checks the pages; not installed. `book` knows what a notebook looks like, and the others ask it."
