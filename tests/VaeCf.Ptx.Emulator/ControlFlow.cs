namespace VaeCf.Ptx.Emulator;

/// <summary>Cuts a kernel into basic blocks and finds where threads that part meet again.</summary>
internal static class ControlFlow
{
    /// <summary>
    /// The blocks in the order of the text, and behind them an empty one that stands for the end of the kernel.
    /// </summary>
    public static BasicBlock[] Blocks(KernelText text)
    {
        var instructions = text.Instructions;
        var starts = new SortedSet<int> { 0, instructions.Count };
        starts.UnionWith(text.Labels.Values);
        for (int i = 0; i < instructions.Count; i++)
            if (ExitOf(instructions[i]) != Exit.Next)
                starts.Add(i + 1);

        int[] first = [.. starts];
        var number = first.Select((start, index) => (start, index)).ToDictionary(p => p.start, p => p.index);
        var blocks = new BasicBlock[first.Length];
        for (int b = 0; b < blocks.Length - 1; b++)
        {
            int end = first[b + 1];
            var last = instructions[end - 1];
            var exit = ExitOf(last);
            blocks[b] = new BasicBlock
            {
                First = first[b],
                End = exit == Exit.Next ? end : end - 1,
                Exit = exit,
                ExitOp = exit == Exit.Next ? -1 : end - 1,
                Uniform = last.Opcode.EndsWith(".uni", StringComparison.Ordinal),
            };
            if (exit == Exit.Branch)
                blocks[b].Target = number[Label(last.Operands[0].Name)];
            else if (exit == Exit.BranchTable)
                blocks[b].Table = [.. Table(last.Operands[1].Name).Select(l => number[Label(l)])];

            int Label(string name) => Resolve(text.Labels, name, last.Line);
            string[] Table(string name) => Resolve(text.BranchTables, name, last.Line);
        }

        blocks[^1] = new BasicBlock
        {
            First = instructions.Count,
            End = instructions.Count,
            Exit = Exit.Return,
            ExitOp = instructions.Count,
        };
        SetMeetings(blocks, instructions);
        return blocks;
    }

    /// <summary>A label's name carries the scopes it is named in; it is declared there or further out.</summary>
    private static T Resolve<T>(Dictionary<string, T> labels, string name, int line)
    {
        for (string scoped = name; ;)
        {
            if (labels.TryGetValue(scoped, out var found))
                return found;
            int outer = scoped.LastIndexOf('/');
            if (outer < 0)
                throw new PtxTextException(line, $"no label '{scoped}'.");
            scoped = scoped[..outer];
        }
    }

    private static Exit ExitOf(Instruction instruction) => instruction.Opcode.Split('.')[0] switch
    {
        "bra" => Exit.Branch,
        "brx" => Exit.BranchTable,
        "ret" or "exit" => Exit.Return,
        "bar" or "barrier" when !instruction.Opcode.StartsWith("bar.warp", StringComparison.Ordinal) => Exit.Barrier,
        _ => Exit.Next,
    };

    private static IEnumerable<int> Successors(BasicBlock[] blocks, int b, List<Instruction> instructions)
    {
        ref readonly var block = ref blocks[b];
        int end = blocks.Length - 1;
        bool always = block.ExitOp >= 0 && block.ExitOp < instructions.Count
            && instructions[block.ExitOp].Guard is null;
        return block.Exit switch
        {
            Exit.Branch => always ? [block.Target] : [block.Target, b + 1],
            Exit.BranchTable => block.Table!,
            Exit.Return => always ? [end] : [end, b + 1],
            _ => [b + 1],
        };
    }

    /// <summary>
    /// Immediate post-dominators, by iteration over sets of post-dominators (kernels have few blocks).
    /// </summary>
    private static void SetMeetings(BasicBlock[] blocks, List<Instruction> instructions)
    {
        int count = blocks.Length, end = count - 1;
        var successors = Enumerable.Range(0, count)
            .Select(b => b == end ? [] : Successors(blocks, b, instructions).Distinct().ToArray()).ToArray();
        var after = new HashSet<int>[count];
        for (int b = 0; b < count; b++)
            after[b] = b == end ? [end] : [.. Enumerable.Range(0, count)];
        for (bool changed = true; changed;)
        {
            changed = false;
            for (int b = end - 1; b >= 0; b--)
            {
                var common = new HashSet<int>(after[successors[b][0]]);
                foreach (int s in successors[b].AsSpan(1))
                    common.IntersectWith(after[s]);
                common.Add(b);
                changed |= common.Count != after[b].Count;
                after[b] = common;
            }
        }

        // Of those that come after b, the next is the one that all others come after too.
        for (int b = 0; b < end; b++)
            blocks[b].Meet = after[b].Where(m => m != b).MaxBy(m => after[m].Count);
    }
}
