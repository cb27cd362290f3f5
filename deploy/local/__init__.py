"""The whole platform on one's own machine: private servers, the four services, a mailbox and a gateway."""
