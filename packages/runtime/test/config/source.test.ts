import { describe, expect, it } from 'vitest';
import { hasModuleSyntax, scanSource } from '../../src/config/source.ts';

const TIMEOUT = ['services', 'S', 'functions', 'F', 'timeout'];

describe('where a key stands', () => {
  it('is found in JSON', () => {
    const source = scanSource('c.json', '{\n"services": {\n"S": {"functions":\n{"F": {\n"timeout": 5 } } } } }');
    expect(source.locate(TIMEOUT)).toBe(5);
    expect(source.locate(['services', 'S'])).toBe(3);
  });

  it('is the nearest written key when the key itself is not there', () => {
    const source = scanSource('c.json', '{\n"services": {\n"S": {"functions": {\n"F": {} } } } }');
    expect(source.locate(TIMEOUT)).toBe(4);
    expect(source.locate(['limits'])).toBe(1);
  });

  it.each([
    ['a bare export', 'export default {'],
    ['defineConfig', "import { defineConfig } from '@edgefc/runtime';\nexport default defineConfig({"],
    ['CommonJS', 'module.exports = {'],
    ['a constant that is exported', 'const config: EdgefcConfig = {'],
  ])('is found below %s', (_, opening) => {
    const text = `${opening}\n  services: { S: { functions: { F: {\n    timeout: 5,\n  } } } },\n}`;
    expect(scanSource('c.ts', text).locate(TIMEOUT)).toBe(opening.split('\n').length + 2);
  });

  it('is found in the elements of a list', () => {
    const text =
      '{ services: {},\n routes: [ // [\n {\n topic: "a" }, other, [1,\n 2], {\n topic: "b",\n tags: [ ] },\n ] }';
    const source = scanSource('c.ts', `export default ${text}`);
    expect(source.locate(['routes', 0, 'topic'])).toBe(4);
    expect(source.locate(['routes', 1])).toBe(4);
    expect(source.locate(['routes', 2, 1])).toBe(5);
    expect(source.locate(['routes', 3, 'topic'])).toBe(6);
    expect(source.locate(['routes', 3, 'tags', 0])).toBe(7);
  });

  it('is not counted in a list after a spread', () => {
    const source = scanSource('c.ts', 'export default { services: {}, routes: [\n{},\n...more,\n{ a: 1 }] }');
    expect(source.locate(['routes', 0])).toBe(2);
    expect(source.locate(['routes', 1, 'a'])).toBe(1);
  });

  it('is not misled by comments, strings, templates and regular expressions', () => {
    const text = [
      '// services: { S: {',
      '/* {{{ */ const a = "}{", b = \'{\', c = `{ ${ { services: 1 }.services } }`, d = /[/{]"\\/{/.test("{") / 2;',
      'export default {',
      '  "services": { S: { functions: { F: { // {',
      '    handler: `${a}.${b}`, codeUri: a ? "}" : `{`,',
      '    timeout: 5 } } } } };',
    ].join('\n');
    expect(scanSource('c.ts', text).locate(TIMEOUT)).toBe(6);
  });

  it('stops where a value is not written out: a line is coarse rather than wrong', () => {
    const text = 'const F = {\n timeout: 5 };\nexport default {\n services: { S: {\n functions: { F } } } };';
    expect(scanSource('c.ts', text).locate(TIMEOUT)).toBe(5);
  });

  it('is not taken from one of two branches', () => {
    const text =
      'export default {\n services: { S: { functions: {\n F: quick ?\n { timeout: 1 } :\n { timeout: 5 } } } } };';
    expect(scanSource('c.ts', text).locate(TIMEOUT)).toBe(3);
  });

  it('is not given when two objects could be the configuration', () => {
    const text = 'const a = { services: {} };\nconst b = { services: {} };\nexport default pick(a, b);';
    expect(scanSource('c.ts', text).locate(['services'])).toBeUndefined();
  });

  it.each(['', '{', '}', '`${', '"', '/*', '{"a', '({[', '\ufeff{}', 'a: {'])(
    'is no problem in the broken text %j',
    (text) => {
      expect(scanSource('c.ts', text).duplicates).toEqual([]);
      expect(scanSource('c.json', text).duplicates).toEqual([]);
    },
  );
});

describe('duplicate keys', () => {
  it.each(['c.json', 'c.ts'])('are found in %s', (file) => {
    const text = '{ "services": { "S": { "functions": {\n"F": {},\n"G": {},\n"F": {} } } } }';
    expect(scanSource(file, file === 'c.ts' ? `export default ${text}` : text).duplicates).toEqual([
      { path: ['services', 'S', 'functions', 'F'], line: 4, firstLine: 2 },
    ]);
  });

  it('are the same key however it is quoted', () => {
    const text = `export default { services: { S: { functions: { F: {}, 'F': {}, "F": {} } } } }`;
    expect(scanSource('c.ts', text).duplicates).toHaveLength(2);
  });

  it('are not keys of different objects, nor branches, labels, types or parameters', () => {
    const text = [
      'interface A { a: string; b: { a: string } }',
      'const { x: a, x: b } = c;',
      'function f({ a: b }: { a: string }, { a: d }: { a: string }) { return { a: 1 }; }',
      'export default { services: { S: { functions: { F: g ? { a: 1 } : { a: 2 }, G: f({ a: 1 }, { a: 1 }) } } }, defaults: { F: 1 } }',
    ].join('\n');
    expect(scanSource('c.ts', text).duplicates).toEqual([]);
  });
});

describe('an ES module', () => {
  it.each([
    ["import a from 'a';", true],
    ["import 'a';", true],
    ['export default {}', true],
    ['export { a };', true],
    ['module.exports = {};', false],
    ["const a = await import('a');", false],
    ['const a = import.meta.url;', false],
    ['a.export; const b = { export: 1, import: 2 };', false],
    ['// export default {}', false],
    ['const a = `\nexport default {}`;', false],
  ])('is told by its syntax: %s', (text, is) => {
    expect(hasModuleSyntax(text)).toBe(is);
  });
});
