using VaeCf.Native.Data;
using VaeCf.Native.Recommenders;

namespace VaeCf.Baselines.Tests;

public class EaseTests
{
    // G_j - (G + lambda I) B_j, half the negative slope of column j, is 0 in every row but j, whose weight is held
    // at 0.
    [Theory]
    [InlineData(1), InlineData(2), InlineData(101), InlineData(211)]
    public void The_slope_vanishes_in_every_row_of_a_column_but_its_own(int items)
    {
        ClickMatrix clicks = Clicks.Random(new Random(items), 307, items);
        using Recommender model = Clicks.Fitted(Ease.Type, clicks);
        float[] weights = model.CopyTensors()[0].Values;
        var gram = new double[items, items];
        for (int user = 0; user < clicks.UserCount; user++)
            foreach (int i in clicks.ItemsOf(user))
                foreach (int j in clicks.ItemsOf(user))
                    gram[i, j]++;
        for (int j = 0; j < items; j++)
            for (int i = 0; i < items; i++)
            {
                double slope = gram[i, j] - Ease.Lambda.Default * weights[i * items + j];
                for (int k = 0; k < items; k++)
                    slope -= gram[i, k] * weights[k * items + j];
                double scaled = slope / (gram[i, i] + Ease.Lambda.Default);
                Assert.InRange(i == j ? weights[j * items + j] : scaled, -1e-6, 1e-6);
            }
    }
}
