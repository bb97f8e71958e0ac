namespace VaeCf.Native.Devices.Cuda;

/// <summary>
/// Kernels on their way to the GPU. They are collected, and sent when the host must wait or copy. A run of kernels that
/// came before in the same order (a training step) is a graph: made once, replayed since, with the arguments and grids
/// that changed set anew. So a step costs the host one launch, and the model's code knows nothing of it.
/// </summary>
internal sealed class CudaQueue(ICudaDriver driver, nint stream) : IDisposable
{
    private readonly ICudaDriver driver = driver;

    // Fewer launches cost no more one by one. A model in training needs one graph for each size of batch; the oldest
    // make room.
    private const int LeastForGraph = 4, MostGraphs = 16;

    private readonly List<Graph> graphs = [];
    private readonly HashSet<string> unfinished = [];
    private Run run = new();

    /// <summary>Adds a kernel.</summary>
    public void Add(string kernel, CudaLaunch launch, ReadOnlySpan<CudaArgument> arguments) =>
        run.Add(kernel, launch, arguments);

    /// <summary>Sends what is collected.</summary>
    public void Flush()
    {
        if (run.Count == 0)
            return;
        Graph? graph = run.Count < LeastForGraph ? null : graphs.Find(known => known.Run.IsAs(run));
        if (graph is null)
            LaunchEach();
        else
        {
            run = graph.Replay(this, stream, run);
            unfinished.UnionWith(graph.Run.Kernels);
        }
        run.Clear();
    }

    /// <summary>Waits for what was sent.</summary>
    public void Synchronize()
    {
        Check(driver.StreamSynchronize(stream), "cuStreamSynchronize");
        unfinished.Clear();
    }

    /// <summary>
    /// Throws if the driver did not succeed. A fault of a kernel shows at whatever call comes next, so the message
    /// names, besides the call's own kernel, all that the host has not waited for.
    /// </summary>
    public void Check(int result, string call, string? kernel = null)
    {
        if (result != 0)
            CudaContext.Check(driver, result, call, string.Join(" after ",
                new[] { kernel, string.Join(", ", unfinished) }.Where(names => !string.IsNullOrEmpty(names))));
    }

    // A run seen for the first time is launched as it is, and remembered: most runs that come once never come again.
    private void LaunchEach()
    {
        for (int i = 0; i < run.Count; i++)
        {
            Check(driver.Launch(run.Launch(i), run.Parameters(i), stream), "cuLaunchKernel", run.Kernels[i]);
            unfinished.Add(run.Kernels[i]);
        }
        if (run.Count < LeastForGraph)
            return;
        if (graphs.Count == MostGraphs)
        {
            graphs[0].Destroy(driver);
            graphs.RemoveAt(0);
        }
        graphs.Add(new Graph(run));
        run = new Run();
    }

    public void Dispose()
    {
        foreach (Graph graph in graphs)
            graph.Destroy(driver);
    }

    /// <summary>Kernels in order, with their arguments.</summary>
    private sealed class Run
    {
        private readonly List<(CudaLaunch Launch, int Start, int End)> launches = [];
        private byte[] parameters = new byte[1024];
        private int used;

        public int Count => launches.Count;

        public List<string> Kernels { get; } = [];

        public CudaLaunch Launch(int i) => launches[i].Launch;

        public ReadOnlySpan<byte> Parameters(int i) => parameters.AsSpan(launches[i].Start..launches[i].End);

        public void Add(string kernel, CudaLaunch launch, ReadOnlySpan<CudaArgument> arguments)
        {
            int most = used + CudaArgument.MaxBytes * arguments.Length;
            if (parameters.Length < most)
                Array.Resize(ref parameters, 2 * most);
            int bytes = 0;
            foreach (CudaArgument argument in arguments)
                bytes = argument.Write(parameters.AsSpan(used), bytes);
            launches.Add((launch, used, used + bytes));
            Kernels.Add(kernel);
            used += bytes;
        }

        /// <summary>Whether another is of the same kernels, whatever their arguments.</summary>
        public bool IsAs(Run other)
        {
            if (Count != other.Count)
                return false;
            for (int i = 0; i < Count; i++)
                if (Launch(i).Function != other.Launch(i).Function)
                    return false;
            return true;
        }

        public bool IsEqual(int i, Run other) => Launch(i) == other.Launch(i)
            && Parameters(i).SequenceEqual(other.Parameters(i));

        public void Clear()
        {
            launches.Clear();
            Kernels.Clear();
            used = 0;
        }
    }

    /// <summary>A run as a chain of the driver's graph.</summary>
    private sealed class Graph(Run first)
    {
        private nint graph, executable;
        private nint[] nodes = [];

        /// <summary>What the graph does as it stands.</summary>
        public Run Run { get; private set; } = first;

        /// <summary>
        /// Runs it with the arguments of <paramref name="next"/>; what it did before is returned, for reuse.
        /// </summary>
        public Run Replay(CudaQueue queue, nint stream, Run next)
        {
            ICudaDriver driver = queue.driver;
            if (executable == 0)
                Build(queue, next);
            else
                for (int i = 0; i < nodes.Length; i++)
                    if (!Run.IsEqual(i, next))
                        queue.Check(driver.GraphSetKernel(executable, nodes[i], next.Launch(i), next.Parameters(i)),
                            "cuGraphExecKernelNodeSetParams", next.Kernels[i]);
            Run before = Run;
            Run = next;
            queue.Check(driver.GraphLaunch(executable, stream), "cuGraphLaunch",
                string.Join(", ", next.Kernels.Distinct()));
            return before;
        }

        private void Build(CudaQueue queue, Run run)
        {
            ICudaDriver driver = queue.driver;
            queue.Check(driver.GraphCreate(out graph), "cuGraphCreate");
            nodes = new nint[run.Count];
            for (int i = 0; i < nodes.Length; i++)
            {
                nint after = i == 0 ? 0 : nodes[i - 1];
                int result = driver.GraphAddKernel(out nodes[i], graph, after, run.Launch(i), run.Parameters(i));
                queue.Check(result, "cuGraphAddKernelNode", run.Kernels[i]);
            }
            queue.Check(driver.GraphInstantiate(out executable, graph), "cuGraphInstantiateWithFlags");
        }

        /// <summary>Frees it; results are ignored, see <see cref="CudaContext.Dispose"/>.</summary>
        public void Destroy(ICudaDriver driver)
        {
            if (executable != 0)
                driver.GraphExecutableDestroy(executable);
            if (graph != 0)
                driver.GraphDestroy(graph);
        }
    }
}
