using VaeCf.Bench;

return Verbs.Root().Parse(args).Invoke();
