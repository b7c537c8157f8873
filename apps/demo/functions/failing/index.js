'use strict';

/** Fails as functions do: with an error that its invoker gets to see. */
module.exports.handler = async () => {
  throw new RangeError('the valve says that it is 140 % open');
};
