"""`python -m okta_sandbox`: serve a simulated org until interrupted."""

from okta_sandbox.cli import main

if __name__ == "__main__":
    main(prog_name="python -m okta_sandbox")
