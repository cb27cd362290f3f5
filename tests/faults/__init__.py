"""What can go wrong around the services goes wrong here, and the end is the same as when nothing did.

Real services as processes of their own, a private broker and database, a mail server, and one stated workload. Each scenario
disturbs it in one way and compares the end state with that of an undisturbed run: nothing lost, nothing twice.

    make test-faults                                  all of it
    make test-faults ARGS="-k broker"                 some of it
    BURENBUS_FAULTS_MINUTE=60 make test-faults        an outage lasts a minute; by itself until it is noticed
    BURENBUS_FAULTS_SCALE=5 make test-faults          five times as many events
"""
