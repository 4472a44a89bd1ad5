# Texts shared by all pages
