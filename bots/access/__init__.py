"""Who somebody is and which groups they are in: GitHub's teams, single sign-on, sessions of the pages."""
