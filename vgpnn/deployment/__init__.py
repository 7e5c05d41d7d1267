"""The page on Hugging Face Spaces.

One code tree makes two kinds of Space: ZeroGPU runs Gradio Spaces only; a Docker Space builds the
Dockerfile. `plan` decides everything, which `--dry-run` shows; `hub` sends it.
"""
