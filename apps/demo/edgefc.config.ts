/** The demo's functions: one service, as a gateway would have it. */
import { defineConfig } from '@edgefc/runtime';

export default defineConfig({
  // Who gets which messages. `+` is one level of a topic, `#` is the rest of it.
  routes: [
    { topic: 'rooms/+/celsius', target: 'EdgeFC/display' },
    { topic: 'rooms/#', target: 'EdgeFC/logbook' },
  ],
  services: {
    EdgeFC: {
      // Async calls that fail are tried again soon, so that nobody has to wait for the demo; by default after 1 s, 2 s, …
      defaults: { retry: { minDelay: '20ms', maxDelay: '100ms' } },
      functions: {
        // Everybody has a process of their own, which is the default…
        Invoker: { codeUri: './functions/Invoker' },
        helloworld: { codeUri: './functions/helloworld' },
        failing: { codeUri: './functions/failing' },
        slow: { codeUri: './functions/slow', timeout: '300ms' },
        crashing: { codeUri: './functions/crashing' },
        uplink: { codeUri: './functions/uplink' },
        pump: { codeUri: './functions/pump', maxInstances: 1, retry: { attempts: 2 } },
        // …but these: a thread answers sooner, and is for code that you trust.
        thermostat: { codeUri: './functions/thermostat', isolation: 'thread' },
        thermometer: { codeUri: './functions/thermometer', isolation: 'thread' },
        display: { codeUri: './functions/display', isolation: 'thread' },
        logbook: { codeUri: './functions/logbook', isolation: 'thread' },
      },
    },
  },
});
