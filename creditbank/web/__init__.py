"""Pages for people: what a certificate says, and whether it holds, in any browser.

Rendered on the server, readable without scripts, without anything from elsewhere. The script that
checks a certificate in the reader's own browser is a file of ours, allowed by name; no page can run
anything else. The API serves what is rendered here.
"""
