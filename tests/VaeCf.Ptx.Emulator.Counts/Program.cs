using VaeCf.Ptx.Emulator;
using VaeCf.Ptx.Emulator.Counts;

if (args is ["predict"])
{
    Prediction.Write(Console.Out);
    return;
}

// What the shipped kernels ask of a card, counted on the emulator: at the Mult-VAE's shapes (500 users, 20,108 items,
// 600 hidden, 200 latent) scaled down by eight to multiples of four, as those are.
const int users = 60, items = 2512, hidden = 72, latent = 24;

var driver = new EmulatedCuda();
new EveryKernel(driver, users, items, hidden, latent).Run();
Console.WriteLine($"Counts of steps and rankings: {users} users, {items} items, {hidden} hidden, {latent} latent.\n");
CountsTable.Write(Console.Out, driver.Counts.Values);
Console.WriteLine("\nAccesses that cost twice what their bytes need, and more:\n");
CountsTable.WriteDear(Console.Out, driver.Counts.Values);
