"""Reading and writing of the door, one statement each."""
