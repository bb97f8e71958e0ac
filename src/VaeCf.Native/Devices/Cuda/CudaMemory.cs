using VaeCf.Kernels;
using VaeCf.Native.Data;

namespace VaeCf.Native.Devices.Cuda;

/// <summary>An array on the GPU that grows when it must, after which its contents are undefined.</summary>
internal sealed unsafe class CudaArray<T>(CudaContext context) : IDisposable where T : unmanaged
{
    private ulong address;
    private long capacity;

    /// <summary>
    /// Makes room for a number of elements: at first exactly that number, later an eighth more, so that slightly longer
    /// batches do not move it each time.
    /// </summary>
    public void Reserve(long length)
    {
        if (length <= capacity)
            return;
        long room = capacity == 0 ? length : length + length / 8;
        Dispose();
        address = context.Allocate(room * sizeof(T));
        capacity = room;
    }

    /// <summary>Whether it has room for a number of elements.</summary>
    public bool Holds(long length) => length <= capacity;

    /// <summary>Some of its elements, as a kernel takes them.</summary>
    public CudaView View(long start, long length) => new(address + (ulong)(start * sizeof(T)), length);

    /// <summary>Its first elements.</summary>
    public CudaView View(long length) => View(0, length);

    /// <summary>Reserves room for some elements and copies them there.</summary>
    public void Upload(ReadOnlySpan<T> source)
    {
        Reserve(source.Length);
        context.Upload(source, address);
    }

    /// <summary>As <see cref="Upload"/>, through page-locked memory.</summary>
    public void UploadStaged(ReadOnlySpan<T> source)
    {
        Reserve(source.Length);
        context.UploadStaged(source, address);
    }

    /// <summary>Copies its first elements out.</summary>
    public void Download(Span<T> target) => context.Download(address, target);

    /// <summary>Sets its first elements to zeros.</summary>
    public void Clear(long length)
    {
        if (length > 0)
            context.Clear(address, length * sizeof(T));
    }

    public void Dispose()
    {
        if (capacity > 0)
            context.Free(address, capacity * sizeof(T));
        (address, capacity) = (0, 0);
    }
}

/// <summary>A matrix on the GPU.</summary>
internal sealed class CudaTensor : Tensor
{
    public CudaTensor(CudaContext context, int rows, int columns) : base(rows, columns)
    {
        Context = context;
        Memory = new CudaArray<float>(context);
        Memory.Reserve(Length);
        Memory.Clear(Length);
    }

    public CudaArray<float> Memory { get; }

    public CudaContext Context { get; }

    /// <summary>All of it.</summary>
    public CudaView View => Memory.Holds(Length) ? Memory.View(Length)
        : throw new ObjectDisposedException(nameof(Tensor));

    private protected override void Reserve(long length) => Memory.Reserve(length);

    public override void Dispose() => Memory.Dispose();
}

/// <summary>All clicks of a matrix on the GPU.</summary>
internal sealed class CudaClicks(CudaContext context) : IDisposable
{
    /// <summary>Where each user's clicks begin, and the end of the last.</summary>
    public CudaArray<long> Starts { get; } = new(context);

    /// <summary>Item of each click.</summary>
    public CudaArray<int> Items { get; } = new(context);

    /// <summary>Count of each click; unused where each counts 1.</summary>
    public CudaArray<float> Values { get; } = new(context);

    public void Load(ClickMatrix clicks)
    {
        Starts.Upload(clicks.RowStarts);
        Items.Upload(clicks.Items);
        Values.Upload(clicks.Values);
    }

    public void Dispose()
    {
        Starts.Dispose();
        Items.Dispose();
        Values.Dispose();
    }
}

/// <summary>
/// A batch on the GPU: users, their clicks by row, and, once a backward pass needs them, the same clicks by item.
/// </summary>
internal sealed class CudaBatch(CudaContext context) : ClickBatch
{
    private readonly CudaArray<int> users = new(context), rowStarts = new(context), items = new(context),
        rows = new(context);
    private readonly CudaArray<float> counts = new(context);
    private readonly CudaArray<int> itemStarts = new(context), cursor = new(context), unordered = new(context),
        clicks = new(context), itemRows = new(context);
    private bool indexed;

    public CudaContext Context => context;

    /// <summary>Rows of the click matrix, [B].</summary>
    public CudaView Users => users.View(UserCount);

    /// <summary>Where each user's clicks begin, [B + 1].</summary>
    public CudaView RowStarts => rowStarts.View(UserCount + 1);

    /// <summary>Item of each click, [N].</summary>
    public CudaView Items => items.View(ClickCount);

    /// <summary>Row of each click, [N].</summary>
    public CudaView Rows => rows.View(ClickCount);

    /// <summary>Count of each click, [N].</summary>
    public CudaView Counts => counts.View(ClickCount);

    /// <summary>
    /// Where each item's clicks begin in <see cref="ItemClicks"/>, [I + 1]. Valid after <see cref="Index"/>.
    /// </summary>
    public CudaView ItemStarts => itemStarts.View(ItemCount + 1);

    /// <summary>Where each click stands in <see cref="Items"/>, item by item, [N].</summary>
    public CudaView ItemClicks => clicks.View(ClickCount);

    /// <summary>Row of each click, item by item, [N].</summary>
    public CudaView ItemRows => itemRows.View(ClickCount);

    /// <summary>Gathers the clicks of some users; their numbers are all that is copied to the GPU.</summary>
    public void Load(ClickMatrix matrix, CudaClicks resident, ReadOnlySpan<int> selected)
    {
        int total = 0;
        foreach (int user in selected)
            total = checked(total + matrix.CountOf(user));
        (UserCount, ClickCount, ItemCount, indexed) = (selected.Length, total, matrix.ItemCount, false);
        rowStarts.Reserve(UserCount + 1);
        foreach (CudaArray<int> array in (ReadOnlySpan<CudaArray<int>>)[items, rows, unordered, clicks, itemRows])
            array.Reserve(total);
        counts.Reserve(total);
        itemStarts.Reserve(ItemCount + 1);
        cursor.Reserve(ItemCount);
        users.UploadStaged(selected);
        itemStarts.Clear(ItemCount + 1);
        CudaView starts = resident.Starts.View(matrix.UserCount + 1);
        context.Launch("Batch_RowStarts", new(1), new(BatchLaunch.ScanThreads), Users, starts, RowStarts, UserCount);
        context.Launch("Batch_Copy", new(UserCount), new(128), Users, starts, resident.Items.View(matrix.ClickCount),
            RowStarts, Items, Rows, Counts);
        if (matrix.HasValues)
            context.Launch("Batch_CopyCounts", new(UserCount), new(128), Users, starts,
                resident.Values.View(matrix.ClickCount), RowStarts, Counts);
    }

    /// <summary>Sorts the clicks by item, of one item by row.</summary>
    public void Index()
    {
        if (indexed)
            return;
        CudaView free = cursor.View(ItemCount), found = unordered.View(ClickCount);
        context.LaunchFlat("Batch_CountItems", ClickCount, Items, ItemStarts, ClickCount);
        context.Launch("Batch_ItemStarts", new(1), new(BatchLaunch.ScanThreads), ItemStarts, free, ItemCount);
        context.LaunchFlat("Batch_Place", ClickCount, Items, free, found, ClickCount);
        context.LaunchFlat("Batch_Order", ClickCount, Items, Rows, ItemStarts, found, ItemClicks, ItemRows, ClickCount);
        context.Launch("Batch_OrderMany", new(Math.Min(ItemCount, 2 * context.Gpu.Multiprocessors)),
            new(BatchLaunch.ScanThreads), Rows, ItemStarts, found, ItemClicks, ItemRows, ItemCount, UserCount);
        indexed = true;
    }

    public override void Dispose()
    {
        foreach (CudaArray<int> array in (ReadOnlySpan<CudaArray<int>>)[users, rowStarts, items, rows, itemStarts,
            cursor, unordered, clicks, itemRows])
            array.Dispose();
        counts.Dispose();
    }
}
