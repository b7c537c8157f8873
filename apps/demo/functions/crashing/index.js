'use strict';

/** Takes its whole process with it, without a word to its invoker. */
module.exports.handler = () => {
  process.exit(3);
};
