"""What the end-to-end tests are written with: files, topics, databases and the programs under test.

Nothing here shares code with the programs: what they must send, and what their books must say, is
worked out again from the lines alone.
"""
