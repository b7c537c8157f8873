/** The demo's functions: one service, as a gateway would have it. */
import { defineConfig } from '@edgefc/runtime';

export default defineConfig({
  services: {
    EdgeFC: {
      functions: {
        // Everybody has a process of their own, which is the default…
        Invoker: { codeUri: './functions/Invoker' },
        helloworld: { codeUri: './functions/helloworld' },
        failing: { codeUri: './functions/failing' },
        slow: { codeUri: './functions/slow', timeout: '300ms' },
        crashing: { codeUri: './functions/crashing' },
        // …but these two: a thread answers sooner, and is for code that you trust.
        thermostat: { codeUri: './functions/thermostat', isolation: 'thread' },
        thermometer: { codeUri: './functions/thermometer', isolation: 'thread' },
      },
    },
  },
});
