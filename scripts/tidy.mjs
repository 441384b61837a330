// Rules of the house that no linter knows: no floating tasks, and nothing asynchronous or engine-dependent in simulated rooms.
// A floating task is a statement whose value is a generator that nobody runs: `host.clock.sleep(5)` without `yield*`.
import ts from 'typescript';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const config = ts.getParsedCommandLineOfConfigFile('tsconfig.sim.json', {}, { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (d) => { throw new Error(String(d.messageText)); } });
const program = ts.createProgram(config.fileNames, config.options);
const checker = program.getTypeChecker();
const problems = [];

function report(file, node, text) {
  const { line, character } = file.getLineAndCharacterOfPosition(node.getStart());
  problems.push(`${relative('.', file.fileName)}:${line + 1}:${character + 1} ${text}`);
}

function isTask(type) {
  if (type.isUnion()) return type.types.some(isTask);
  return type.symbol?.name === 'Generator';
}

function visit(file, node) {
  if (ts.isExpressionStatement(node)) {
    let expression = node.expression;
    if (ts.isVoidExpression(expression)) expression = expression.expression;
    if (!ts.isYieldExpression(expression) && !ts.isBinaryExpression(expression) && isTask(checker.getTypeAtLocation(expression))) report(file, node, 'floating task: a generator that nobody runs');
  }
  if (ts.isAwaitExpression(node)) report(file, node, 'await in a simulated room');
  if (node.modifiers?.some((each) => each.kind === ts.SyntaxKind.AsyncKeyword)) report(file, node, 'async in a simulated room');
  if (ts.isPropertyAccessExpression(node) && /^(localeCompare|toLocale\w+)$/.test(node.name.text)) report(file, node, `${node.name.text} depends on the engine`);
  if (ts.isIdentifier(node) && node.text === 'Promise' && !ts.isPropertyAccessExpression(node.parent)) report(file, node, 'Promise in a simulated room');
  ts.forEachChild(node, (child) => visit(file, child));
}

let files = 0;
for (const file of program.getSourceFiles()) {
  if (file.isDeclarationFile || file.fileName.includes('node_modules') || file.fileName.includes('/generated/')) continue;
  if (!file.fileName.includes('/src/')) continue;
  files++;
  visit(file, file);
  if (!readFileSync(file.fileName, 'utf8').trimStart().startsWith('//') && !readFileSync(file.fileName, 'utf8').trimStart().startsWith('/*')) problems.push(`${relative('.', file.fileName)}:1:1 the first line tells a newcomer what the file is for`);
}
if (files === 0) problems.push('no files were looked at');
for (const problem of problems) console.log(problem);
console.log(`tidy: ${files} files, ${problems.length} problems`);
process.exit(problems.length === 0 ? 0 : 1);
