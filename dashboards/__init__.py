"""What a person sees: Streamlit pages, charts, the command line."""
