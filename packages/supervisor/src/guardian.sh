#!/bin/sh
# Outlives the supervisor to end what it leaves behind when it is killed with SIGKILL. Standard input is a pipe that only
# the supervisor holds open: while it lives it writes `add STAGE:SIGNAL:TARGET` and `del STAGE:SIGNAL:TARGET`; when it is
# gone, however it went, the pipe ends. TARGET is a pid, or minus a pid for its whole process group. Stage 1 (instances,
# external processes) is over before stage 2 (databases) begins.
# A shell because it is there on every Unix and takes about 1 MB, where a second Node would take 40.

# Ctrl-C and friends are for the supervisor, which then ends in order.
trap '' HUP INT QUIT TERM

entries=''
while IFS=' ' read -r verb entry; do
  case $verb in
    add) entries="$entries $entry" ;;
    del)
      kept=''
      for each in $entries; do
        [ "$each" = "$entry" ] || kept="$kept $each"
      done
      entries=$kept
      ;;
  esac
done

target_of() {
  target=${1##*:}
}

alive() {
  for each in $entries; do
    case $each in
      "$1":*)
        target_of "$each"
        kill -s 0 -- "$target" 2>/dev/null && return 0
        ;;
    esac
  done
  return 1
}

end_stage() {
  for each in $entries; do
    case $each in
      "$1":*)
        signal=${each#*:}
        signal=${signal%%:*}
        target_of "$each"
        kill -s "$signal" -- "$target" 2>/dev/null
        ;;
    esac
  done
  # Tenths of a second until it is ended the hard way.
  left=$2
  while [ "$left" -gt 0 ] && alive "$1"; do
    sleep 0.1
    left=$((left - 1))
  done
  for each in $entries; do
    case $each in
      "$1":*)
        target_of "$each"
        kill -s KILL -- "$target" 2>/dev/null
        ;;
    esac
  done
}

end_stage 1 50
end_stage 2 50
exit 0
