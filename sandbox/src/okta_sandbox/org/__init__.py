"""What a simulated org is: its people, factors, groups, applications, roles and log. No HTTP."""
