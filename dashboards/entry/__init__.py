"""The script that Streamlit runs, alone in its folder."""
