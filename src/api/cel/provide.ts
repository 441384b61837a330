// Imported for its effect, by those who start worlds: the expression language is there from now on.
import { provideCel } from './engine.ts';
import { Environment, evaluate } from './environment.ts';

provideCel({ environment: (options) => new Environment(options), evaluate });
