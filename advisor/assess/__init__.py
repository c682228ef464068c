"""Hold each fix against one machine: is the code here, and is it fixed here?"""
