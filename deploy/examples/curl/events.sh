#!/bin/sh
# Sends events to Burenbus over HTTP, and asks what became of them.
#
#     sh events.sh validate       what the platform would say of an event; nothing is sent on
#     sh events.sh single         one event
#     sh events.sh batch          a list of events
#     sh events.sh binary         one event, its attributes as headers and its data as body
#     sh events.sh history [ID]   what became of everything, or of one event
#
# From the environment, all of it told to you at boarding:
#     BURENBUS_URL      https://<host>
#     BURENBUS_TOKEN    your token
#     BURENBUS_SOURCE   your source, a URN
#
# 202 means: the events are kept. What became of each, the history tells. Exit code 22: the platform refused the request,
# and the answer (a problem, RFC 9457) says why; 6 or 7: the address is wrong; 64: it was not asked rightly.
# After 429 or 503: wait for Retry-After, and send the same ids again.
set -eu

case "${1:-}" in
validate | single | batch | binary | history) ;;
*)
  sed -n '2,/^set/ s/^# \{0,1\}//p' "$0"
  exit 64
  ;;
esac
missing=
[ -n "${BURENBUS_URL:-}" ] || missing="$missing BURENBUS_URL"
[ -n "${BURENBUS_TOKEN:-}" ] || missing="$missing BURENBUS_TOKEN"
[ -n "${BURENBUS_SOURCE:-}" ] || missing="$missing BURENBUS_SOURCE"
if [ -n "$missing" ]; then
  echo "not set:$missing (told to you at boarding)" >&2
  exit 64
fi
TYPE=nl.zorgzame-gemeenschappen.initiative-reported.v1

ask() { # path, then what curl needs besides; the token goes in by stdin, so that no list of processes shows it
  path=$1
  shift
  printf 'header = "Authorization: Bearer %s"\n' "$BURENBUS_TOKEN" |
    curl --config - --silent --show-error --fail-with-body --max-time 60 "$@" "$BURENBUS_URL$path"
  echo
}

id() { cat /proc/sys/kernel/random/uuid 2>/dev/null || uuidgen; }
now() { date -u +%Y-%m-%dT%H:%M:%SZ; }

event() { # externalId, name
  cat <<EOF
{
  "specversion": "1.0", "id": "$(id)", "source": "$BURENBUS_SOURCE", "type": "$TYPE", "time": "$(now)",
  "subject": "$1", "datacontenttype": "application/json",
  "data": { "externalId": "$1", "name": "$2", "municipality": "GM0344" }
}
EOF
}

case "${1:-}" in
validate)
  ask /events/validate -H 'Content-Type: application/cloudevents+json' --data-binary "$(event 1 'Buurthuiskamer De Proef')"
  ;;
single)
  ask /events -H 'Content-Type: application/cloudevents+json' --data-binary "$(event 1 'Buurthuiskamer De Proef')"
  ;;
batch)
  ask /events -H 'Content-Type: application/cloudevents-batch+json' \
    --data-binary "[$(event 2 'Dorpshuis Het Voorbeeld'), $(event 3 'Buurttuin Om de Hoek')]"
  ;;
binary)
  ask /events -H 'Content-Type: application/json' -H 'ce-specversion: 1.0' -H "ce-id: $(id)" -H "ce-type: $TYPE" \
    -H "ce-source: $BURENBUS_SOURCE" -H "ce-time: $(now)" \
    --data-binary '{ "externalId": "4", "name": "Eettafel De Wijk", "municipality": "GM0344" }'
  ;;
history)
  ask "/partner/history${2:+/$2}"
  ;;
esac
