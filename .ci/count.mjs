/**
 * Prints `passed failed skipped` of a report: Vitest's JSON report, or the stages of scripts/verify.mjs.
 * Usage: node count.mjs <report> <exit code of the command that wrote it>. Runs on Node 20.
 */
import { existsSync, readFileSync } from 'node:fs';

const [path = '', code = '1'] = process.argv.slice(2);
let [passed, failed, skipped] = [0, 0, 0];

if (existsSync(path)) {
  const report = JSON.parse(readFileSync(path, 'utf8'));
  if (Array.isArray(report)) {
    passed = report.filter(({ ok }) => ok).length;
    failed = report.length - passed;
  } else {
    passed = report.numPassedTests;
    // A file that fails as a whole (it does not load, it leaves something behind) has no failed test to show for it.
    const brokenFiles = report.testResults.filter(
      ({ status, assertionResults }) =>
        status === 'failed' && assertionResults.every((result) => result.status !== 'failed'),
    );
    failed = report.numFailedTests + brokenFiles.length;
    skipped = report.numPendingTests + report.numTodoTests;
  }
}
if (code !== '0' && failed === 0) failed = 1;
console.log(passed, failed, skipped);
