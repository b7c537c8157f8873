/**
 * Loads the configurations it is given and prints what came of them, as JSON: run by load.test.ts in a Node of its own,
 * because Vitest imports modules its own way, and how Node imports a configuration is what is tested.
 */
import { ConfigError } from '../../src/config/problems.ts';
import { loadConfig } from '../../src/config/load.ts';
import { hostFacts } from './host-facts-of-tests.ts';

const [directory = '', ...files] = process.argv.slice(2);
const results: string[] = [];
for (const file of files) {
  try {
    const { definition } = await loadConfig(file, hostFacts(directory));
    results.push(definition.functions.map(({ key, timeout }) => `${key} ${timeout} ms`).join(', '));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    results.push(error.message);
  }
}
process.stdout.write(JSON.stringify(results));
