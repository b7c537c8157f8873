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
exec "$home/bin/node" "$home/lib/node_modules/@edgefc/runtime/dist/main.js" "$@"
