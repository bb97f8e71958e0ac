using VaeCf.Bench;

return Verbs.Run(args);
