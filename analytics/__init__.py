"""What it means: frames in, frames out. Reads views, computes rates, never writes facts."""
