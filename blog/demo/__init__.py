"""The demo site. Its texts and images are in this folder, loaded by `loader`; `load_test` creates many posts."""
