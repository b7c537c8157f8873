import { defineConfig } from '@edgefc/runtime';

export default defineConfig({
  services: {
    Home: {
      functions: {
        thermometer: { codeUri: './functions/thermometer' },
        watch: {
          codeUri: './functions/watch',
          timeout: '2s',
          // Runs it with the host, nobody calling: Async work, so it is tried again when it fails.
          timers: { regularly: { every: '10s' } },
        },
      },
    },
  },
});
