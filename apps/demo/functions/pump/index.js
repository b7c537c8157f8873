'use strict';

/** Pumps while it has power: what a module keeps lives as long as its instance, and there is one of this (maxInstances). */
let breaker = 'open';

module.exports.handler = async (event) => {
  if (event === 'close the breaker') {
    breaker = 'closed';
    return 'the breaker is closed';
  }
  if (breaker === 'open') throw new Error('no power: the breaker is open');
  return 'the tank is full';
};
