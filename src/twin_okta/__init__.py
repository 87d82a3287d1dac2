"""The Okta connector: reads an Okta org and tells a security digital twin what it means."""
