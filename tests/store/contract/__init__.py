"""What every store promises, asked of each: a file, a file on another machine, a lake."""
