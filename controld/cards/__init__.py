"""Switch cards: what each switch of a floorboard does, drawn as it stands, to print."""
