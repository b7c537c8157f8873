#!/bin/sh
# Runs edgefc with the Node beside it, whatever is on the PATH; also through a symbolic link.
self=$0
case $self in */*) ;; *) self=./$self ;; esac
while [ -h "$self" ]; do
  target=$(readlink "$self") || exit 3
  case $target in
    /*) self=$target ;;
    *) self=${self%/*}/$target ;;
  esac
done
home=$(cd "${self%/*}/.." && pwd -P) || exit 3
# As in the unit that `edgefc systemd` prints: a busy host holds a hundred megabytes less.
exec "$home/bin/node" --max-semi-space-size=4 "$home/lib/node_modules/@edgefc/runtime/dist/main.js" "$@"
